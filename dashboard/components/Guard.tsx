import { Component, type ReactNode } from 'react';
import { Failed } from './Failed.tsx';

/** Keeps what fails within it, such as a part of the page that could not be fetched, from taking the page with it. */
export class Guard extends Component<{ children: ReactNode }, { error: unknown }> {
  override state: { error: unknown } = { error: null };

  static getDerivedStateFromError(error: unknown) {
    return { error };
  }

  override render() {
    const { error } = this.state;
    return error === null ? this.props.children : <Failed error={error} retry={() => location.reload()} />;
  }
}
