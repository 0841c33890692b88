interface Props {
  workspace: string;
}

/** The window in which a new thread is written; opened by the intent `write`. */
export function NewThread({ workspace }: Props) {
  return <span hidden>{workspace}</span>;
}
