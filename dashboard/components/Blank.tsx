import type { ReactNode } from 'react';
import type { LucideIcon } from 'lucide-react';

/** What stands where there is nothing to show: says what is, and what to do. */
export function Blank({
  icon: Icon,
  title,
  children,
  action,
}: {
  icon?: LucideIcon;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
}) {
  return (
    <div className="m-auto grid max-w-[380px] justify-items-center gap-2 p-8 text-center text-fg-2">
      {Icon && <Icon size={40} strokeWidth={1.25} aria-hidden className="mb-2 text-fg-3" />}
      <h2 className="text-l font-semibold tracking-[-0.01em] text-fg">{title}</h2>
      {children !== undefined && <div>{children}</div>}
      {action !== undefined && <div className="mt-2 flex gap-2">{action}</div>}
    </div>
  );
}
