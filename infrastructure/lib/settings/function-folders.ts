import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Check } from './context-reader.ts';

/** The folder of each function inside the functions' directory. */
export const functionFolders = {
  api: 'api-lambda',
  retry: 'retry-lambda',
  fallback: 'fallback-lambda',
} as const;

export type FunctionKind = keyof typeof functionFolders;

/** Lambda starts the file `bootstrap`, and only if it may be executed; better to learn it before deploying. */
export const checkFunctionsDirectory: Check = (directory) => {
  const wrong = Object.values(functionFolders).flatMap((folder) => {
    const bootstrap = join(directory, folder, 'bootstrap');
    const stat = statSync(bootstrap, { throwIfNoEntry: false });
    if (stat?.isFile() !== true) return [`${bootstrap} does not exist`];
    return (stat.mode & 0o100) === 0 ? [`${bootstrap} is not executable`] : [];
  });
  return wrong.length === 0 ? undefined : wrong.join(', ');
};
