import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cacheAccess } from '../lib/constructs/cache-access.ts';

const cacheModule = fileURLToPath(new URL('../../crates/lambda-kit/src/cache', import.meta.url));

/** Only a deployed cache enforces its access list, so a command missing from it would be noticed late. */
test("the cache's writer may send every command that the functions send, and no other", () => {
  const granted = cacheAccess.writer.match(/(?<=\+)[a-z|]+/g) ?? [];
  const ofEveryConnection = ['ping', 'client|setinfo'];
  expect(granted.filter((command) => !ofEveryConnection.includes(command)).sort()).toEqual(sentCommands());
});

/** Both those sent as such and those called by a script. */
function sentCommands(): string[] {
  const sources = readdirSync(cacheModule).map((file) => readFileSync(join(cacheModule, file), 'utf8'));
  const found = sources.flatMap((source) => [...source.matchAll(/redis(?:::cmd\("|\.p?call\(')(\w+)/g)]);
  return [...new Set(found.map(([, command = '']) => command.toLowerCase()))].sort();
}
