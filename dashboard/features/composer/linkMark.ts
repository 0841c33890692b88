import { InputRule, Mark, markPasteRule, mergeAttributes } from '@tiptap/core';
import { Plugin } from '@tiptap/pm/state';
import { hrefOf, isSafeHref, URL_BEFORE_SPACE, URLS } from './href.ts';

declare module '@tiptap/core' {
  interface Commands<ReturnType> {
    link: {
      setLink: (attributes: { href: string }) => ReturnType;
      unsetLink: () => ReturnType;
    };
  }
}

/**
 * Links, by hand, as typed and as pasted. TipTap's own extension does the same with a list of all top-level domains, which is a
 * tenth of the composer.
 */
export const Link = Mark.create({
  name: 'link',
  priority: 1000,
  keepOnSplit: false,
  inclusive: false,
  exitable: true,

  addAttributes() {
    return { href: { default: null } };
  },

  parseHTML() {
    const isLink = (element: HTMLElement) => (isSafeHref(element.getAttribute('href') ?? '') ? null : false);
    return [{ tag: 'a[href]', getAttrs: isLink }];
  },

  renderHTML({ HTMLAttributes }) {
    return ['a', mergeAttributes(HTMLAttributes, { target: '_blank', rel: 'noopener noreferrer' }), 0];
  },

  addCommands() {
    return {
      setLink:
        ({ href }) =>
        ({ chain }) =>
          isSafeHref(href) && chain().setMark(this.name, { href }).run(),
      unsetLink:
        () =>
        ({ chain }) =>
          chain().unsetMark(this.name, { extendEmptyMarkRange: true }).run(),
    };
  },

  addInputRules() {
    return [
      new InputRule({
        find: URL_BEFORE_SPACE,
        handler: ({ state, range, match }) => {
          const url = match[1]!;
          const start = range.from + match[0].indexOf(url);
          const mark = this.type.create({ href: hrefOf(url) });
          // The space itself is not in the text yet; it takes the place of what was chosen.
          const end = range.from + match[0].length - 1;
          state.tr.insertText(' ', end, range.to).addMark(start, start + url.length, mark);
          state.tr.removeStoredMark(this.type);
        },
      }),
    ];
  },

  addPasteRules() {
    const getAttributes = ([url = '']: RegExpMatchArray) => ({ href: hrefOf(url) });
    return [markPasteRule({ find: URLS, type: this.type, getAttributes })];
  },

  addProseMirrorPlugins() {
    return [
      new Plugin({
        props: {
          // An address that is pasted over words makes them a link.
          handlePaste: (view, event) => {
            const href = hrefOf(event.clipboardData?.getData('text/plain').trim() ?? '');
            if (view.state.selection.empty || href === null) return false;
            return this.editor.commands.setLink({ href });
          },
        },
      }),
    ];
  },
});
