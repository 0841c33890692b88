import { words } from '../words/index.ts';

/** Grey shapes in the form of what is being read, so that nothing jumps when it is there. */
export function Bones({ rows = 6, height = 68 }: { rows?: number; height?: number }) {
  return (
    <div role="status" aria-label={words.loading}>
      {Array.from({ length: rows }, (_, index) => (
        <div
          key={index}
          style={{ height, animationDelay: `${index * 60}ms` }}
          className="grid content-center gap-2 border-b border-line px-6 motion-safe:animate-[fade-in_400ms_both]"
        >
          <div className="h-2.5 w-2/5 rounded bg-bg-3" />
          <div className="h-2.5 w-4/5 rounded bg-bg-2" />
        </div>
      ))}
    </div>
  );
}
