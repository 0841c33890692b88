/** Files in what is pasted or dropped. Pure but for the type of the clipboard. */
export function filesOf(data: Pick<DataTransfer, 'files' | 'getData'> | null): {
  pictures: File[];
  files: File[];
} {
  const all = [...(data?.files ?? [])];
  // A spreadsheet puts a picture of itself beside its cells: the cells are what was meant.
  const html = data?.getData('text/html') ?? '';
  const isPictureOnly = /<img\b/i.test(html) && html.replace(/<[^>]*>/g, '').trim() === '';
  if (html !== '' && !isPictureOnly) return { pictures: [], files: [] };
  const isPicture = ({ type }: File) => /^image\/(?:png|jpeg|gif|webp)$/.test(type);
  return { pictures: all.filter(isPicture), files: all.filter((file) => !isPicture(file)) };
}
