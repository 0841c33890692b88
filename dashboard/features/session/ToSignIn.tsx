import { Link } from '@tanstack/react-router';
import { words } from '../../words/index.ts';

/** The way back, below a card. */
export const ToSignIn = () => (
  <p className="mt-4">
    <Link to="/sign-in" className="text-accent">
      {words.session.toSignIn}
    </Link>
  </p>
);
