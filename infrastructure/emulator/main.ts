import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { omit } from './omit.ts';

const [from, to] = process.argv.slice(2);
if (from === undefined || to === undefined) {
  console.error('usage: npm run for-emulator -- <what cdk synth has made> <where the emulator’s share of it goes>');
  process.exit(2);
}

rmSync(to, { recursive: true, force: true });
cpSync(from, to, { recursive: true });
const templates = readdirSync(to).filter((file) => file.endsWith('.template.json'));
for (const file of templates) {
  const path = join(to, file);
  const { template, omitted } = omit(JSON.parse(readFileSync(path, 'utf8')));
  writeFileSync(path, JSON.stringify(template, undefined, 1));
  for (const [id, { type, missing }] of omitted) {
    console.log(`${file.replace('.template.json', '')}: without ${type} ${id} (${missing})`);
  }
}
