export const notices = {
  bell: (unread: number) => (unread === 0 ? 'Notifications' : `Notifications, ${unread} unread`),
  title: 'Notifications',
  none: 'Nothing new',
  noneHint: 'Mail and acts of colleagues that concern you are told here.',
  readAll: 'Mark all as read',
  desktop: 'Also show them on the desktop',
  desktopOn: 'Shown on the desktop while a tab is open',
  types: {
    new_thread: 'A new thread',
    new_message: 'A new message',
    assigned: 'A thread was assigned to you',
    delivery_failed: 'An answer could not be delivered',
    verified: 'An address or domain is verified',
    verification_broken: 'An address or domain is no longer verified',
    mentioned: 'You were mentioned in a note',
  },
};
