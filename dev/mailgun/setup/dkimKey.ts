import { createPublicKey, generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';

const generate = promisify(generateKeyPair);

/**
 * The public half of a new RSA key: base64 of its DER (SPKI). Nothing is signed, so the private half is not
 * kept.
 */
export async function newPublicKey(bits: 1024 | 2048): Promise<string> {
  const { publicKey } = await generate('rsa', { modulusLength: bits });
  return publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
}

/** The public half of a private key in PEM; null when the text is not a key. */
export function publicKeyOf(pem: string): string | null {
  try {
    return createPublicKey(pem).export({ type: 'spki', format: 'der' }).toString('base64');
  } catch {
    return null;
  }
}
