/**
 * Loaded into a process before all else (`node --import`): while the file that FULL_DISK names exists, the disk is
 * full. What is written then ends in the middle, with ENOSPC; new folders and links still have room, as on a real one.
 * For machines on which a test must not mount a small disk. JavaScript: the process runs what is compiled.
 */
import { existsSync, promises as fs } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const isFull = () => existsSync(process.env.FULL_DISK ?? '');
const full = () =>
  Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', errno: -28 });
const firstHalf = (bytes) => Buffer.from(bytes).subarray(0, Buffer.byteLength(bytes) / 2);

const { writeFile, open, copyFile } = fs;

fs.writeFile = async (file, bytes, options) => {
  if (!isFull()) return writeFile(file, bytes, options);
  await writeFile(file, firstHalf(bytes), options);
  throw full();
};
fs.open = async (...args) => {
  const handle = await open(...args);
  const write = handle.writeFile.bind(handle);
  handle.writeFile = async (bytes, options) => {
    if (!isFull()) return write(bytes, options);
    await write(firstHalf(bytes));
    throw full();
  };
  return handle;
};
fs.copyFile = async (...args) => {
  if (isFull()) throw full();
  return copyFile(...args);
};
syncBuiltinESMExports();
