import { Ellipsis, Pencil, Trash2 } from 'lucide-react';
import { IconButton } from '../../components/IconButton.tsx';
import { Menu, MenuItem } from '../../components/Menu.tsx';
import { words } from '../../words/index.ts';

/** What can be done with a saved view. */
export function ViewMenu({ onEdit, onDelete }: { onEdit: () => void; onDelete: () => void }) {
  const { views } = words;
  return (
    <Menu align="end" trigger={<IconButton name={views.more} icon={Ellipsis} />}>
      <MenuItem icon={Pencil} onSelect={onEdit}>
        {views.edit}
      </MenuItem>
      <MenuItem danger icon={Trash2} onSelect={onDelete}>
        {views.remove}
      </MenuItem>
    </Menu>
  );
}
