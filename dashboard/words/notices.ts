export const notices = {
  bell: (unread: number) => (unread === 0 ? 'Notifications' : `Notifications, ${unread} unread`),
  title: 'Notifications',
  none: 'Nothing new',
  noneHint: 'Mail and acts of colleagues that concern you are told here.',
  readAll: 'Mark all as read',
  desktop: 'Also show them on the desktop',
  desktopOn: 'Shown on the desktop while a tab is open',
};
