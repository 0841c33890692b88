import type { ComponentType, ReactNode } from 'react';

/** A text with tools, which the composer brings: features know nothing of each other. */
export type RichText = ComponentType<{
  label: string;
  html: string;
  onChange: (html: string) => void;
  tools?: (insert: (text: string) => void) => ReactNode;
}>;
