import { DropdownMenu } from 'radix-ui';
import type { ReactNode } from 'react';
import { Check, type LucideIcon } from 'lucide-react';
import { classes } from './classes.ts';
import { Kbd } from './Kbd.tsx';

interface MenuProps {
  trigger: ReactNode;
  children: ReactNode;
  align?: 'start' | 'end';
  /** Where a key opens it too. */
  open?: boolean;
  onOpen?: (open: boolean) => void;
}

/** A menu that opens below `trigger`, which must be a button. */
export function Menu({ trigger, children, align = 'start', open, onOpen }: MenuProps) {
  return (
    <DropdownMenu.Root modal={false} {...(onOpen && { open: open === true, onOpenChange: onOpen })}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content align={align} sideOffset={4} collisionPadding={8} className={MENU}>
          {children}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

const MENU =
  'z-50 max-h-(--radix-dropdown-menu-content-available-height) min-w-[200px] overflow-auto rounded-big border border-line bg-bg p-1 shadow-float';
const ITEM =
  'flex min-h-[30px] cursor-pointer items-center gap-2.5 rounded px-2 outline-none select-none data-highlighted:bg-bg-2 data-disabled:cursor-default data-disabled:text-fg-3 pointer-coarse:min-h-10';

interface ItemProps {
  icon?: LucideIcon;
  keys?: string | undefined;
  danger?: boolean;
  disabled?: boolean;
  /** A choice: whether it is the one. */
  chosen?: boolean;
  onSelect: () => void;
  children: ReactNode;
}

export function MenuItem({ icon: Icon, keys, danger, disabled, chosen, onSelect, children }: ItemProps) {
  const inner = (
    <>
      {Icon && <Icon size={15} aria-hidden className="shrink-0 text-fg-3" />}
      <span className="flex-1">{children}</span>
      {chosen === true && <Check size={14} aria-hidden />}
      {keys !== undefined && <Kbd keys={keys} />}
    </>
  );
  const look = classes(ITEM, danger && 'text-bad');
  if (chosen === undefined)
    return (
      <DropdownMenu.Item className={look} disabled={disabled === true} onSelect={onSelect}>
        {inner}
      </DropdownMenu.Item>
    );
  return (
    <DropdownMenu.CheckboxItem
      className={look}
      checked={chosen}
      disabled={disabled === true}
      onSelect={onSelect}
    >
      {inner}
    </DropdownMenu.CheckboxItem>
  );
}

export const MenuLine = () => <DropdownMenu.Separator className="my-1 h-px bg-line" />;

export function MenuLabel({ children }: { children: ReactNode }) {
  return (
    <DropdownMenu.Label className="px-2 py-1 text-xs font-[550] text-fg-3">{children}</DropdownMenu.Label>
  );
}
