import './fonts.css';
import './app.css';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { Tooltip } from 'radix-ui';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Toasts } from '../components/Toasts.tsx';
import { queryClient } from '../lib/query.ts';
import { apply } from '../lib/theme.ts';
import { router } from './router.tsx';

apply();
// Radix puts a style element into the page while a dialog is open; get-nonce, which it asks, reads this name.
Object.assign(globalThis, { __webpack_nonce__: document.querySelector('script')?.nonce });
createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <Tooltip.Provider>
        <RouterProvider router={router} />
        <Toasts />
      </Tooltip.Provider>
    </QueryClientProvider>
  </StrictMode>,
);
