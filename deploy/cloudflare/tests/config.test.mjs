// The settings for wrangler, and what the README says to type.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { unstable_readConfig } from 'wrangler';
import { here, inFolder, wrangler } from './edge.mjs';

// As `turnpike render` made them.
const files = ['example/wrangler.jsonc', 'example/wrangler.containers.jsonc'];

describe('the settings', () => {
  for (const file of files) {
    it(`of ${file} are taken without a warning`, async () => {
      const { code, said } = await dryRun(file);
      assert.equal(code, 0, said);
      assert.doesNotMatch(said, /WARNING|ERROR/);
      assert.match(said, /env\.BY_ADDRESS \(\d+ requests\/10s\)/);
    });
  }

  it('of a wrong type are refused, and so are unknown ones', async () => {
    const wrong = [
      ['example/wrangler.jsonc', '"limit": 200', '"limit": "200"', /"simple\.limit" must be a number/],
      ['example/wrangler.jsonc', '"workers_dev": false', '"workers_dev": "no"', /"workers_dev" to be of type boolean/],
      ['example/wrangler.jsonc', '"workers_dev": false', '"workers_dv": false', /Unexpected fields.*"workers_dv"/],
      ['example/wrangler.containers.jsonc', '"max_instances": 2', '"max_instances": "2"', /"containers\.max_instances" to be of type number/],
    ];
    for (const [file, from, to, words] of wrong) {
      const text = await readFile(join(here, file), 'utf8');
      assert.ok(text.includes(from), from);
      const fixture = file.replace('/', '/wrong.');
      try {
        await writeFile(join(here, fixture), text.replace(from, to));
        const { code, said } = await dryRun(fixture);
        assert.match(said, words);
        assert.ok(code !== 0 || /WARNING/.test(said));
      } finally {
        await rm(join(here, fixture), { force: true });
      }
    }
  });

  it('hold no secret, and what is said twice is the same', () => {
    for (const file of files) {
      const { vars, containers } = unstable_readConfig({ config: join(here, file) });
      const secret = Object.keys(vars).filter((name) => /SECRET|PASSWORD|TOKEN|(?<!KMS)_KEY$|STORE__URL|REDIS__URL|SMTP_URL/.test(name));
      assert.deepEqual(secret, []);
            assert.equal(containers?.[0]?.max_instances, vars.INSTANCES);
    }
  });
});

describe('the README', async () => {
  const text = await readFile(join(here, 'README.md'), 'utf8');
  const commands = [...text.matchAll(/```sh\n([^`]*)```/g)].flatMap(([, block]) => block.split('\n').map((line) => line.trim()).filter(Boolean));

  it('says what can be typed', async () => {
    const tried = new Set();
    for (const command of commands) {
      const [program, name, ...parameters] = command.split(' ');
      // Without an account wrangler's commands can be asked for their help; of one that does not exist there is none.
      const words = parameters.slice(0, parameters.findIndex((word) => !/^[a-z]+$/.test(word)) >>> 0).join(' ');
      if (command.startsWith('npx wrangler deploy --dry-run')) {
        // That is the first test above.
        assert.ok(files.includes(parameters[3]), command);
      } else if (program === 'npx' && name === 'wrangler') {
        if (tried.has(words)) continue;
        const { code, said } = await wrangler(...words.split(' '), '--help');
        assert.ok(code === 0 && said.includes(`wrangler ${words}`), `${command}\n${said}`);
        tried.add(words);
      } else if (program === 'npm' && name === 'run') {
        const { scripts } = JSON.parse(await readFile(join(here, 'package.json'), 'utf8'));
        const env = { ...process.env, PATH: `${here}/node_modules/.bin:${process.env.PATH}` };
        execFileSync('/bin/sh', ['-c', scripts[parameters[0]]], { cwd: here, env });
        tried.add(name);
      } else {
        // What needs a network, a built server or Docker.
        assert.ok(['npm ci', 'npm test'].includes(command) || ['curl', 'docker', 'turnpike'].includes(program), command);
      }
    }
    const wanted = ['run', 'login', 'deploy', 'tail', 'containers push', 'secret put', 'deployments list', 'rollback'];
    assert.deepEqual([...tried].sort(), wanted.sort());
  });
});

function dryRun(file) {
  return inFolder((out) => wrangler('deploy', '--dry-run', '--config', file, '--outdir', out));
}
