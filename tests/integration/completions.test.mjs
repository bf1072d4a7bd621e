/* What bash, zsh and fish offer behind `hufu`, asked of the shells themselves. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { skipWithout } from '../lib/programs.mjs';
import { programs } from '../lib/sandbox.mjs';

const completions = join(dirname(programs), 'data/completions');

const script = (name) => fileURLToPath(new URL(`../lib/${name}`, import.meta.url));

/* Each shell's own way to say what it would offer behind a line, a candidate a line. */
const shells = {
    bash: ['bash', '--norc', script('complete.bash')],
    fish: ['fish', '--no-config', '-c', 'source $argv[1]/hufu.fish; complete -C $argv[2]'],
    zsh: ['zsh', '-f', script('complete.zsh')],
};

function ask(shell, line, env) {
    const [command, ...args] = shells[shell];
    return execFileSync(command, [...args, completions, line], { encoding: 'utf8', env, timeout: 30_000 });
}

for (const shell of Object.keys(shells)) {
    describe(`completions of ${shell}`, { skip: skipWithout(shell) }, () => {
        let home;

        /* Candidates alone, without what stands behind them in fish. */
        const words = (line, language = 'C.UTF-8') => {
            const env = { HOME: home, PATH: `${programs}:/usr/bin:/bin`, LANG: language, TERM: 'dumb' };
            return ask(shell, line, env).split(/\r?\n/).map((word) => word.split('\t')[0].trim())
                .filter(Boolean);
        };

        before(() => {
            home = mkdtempSync(join(tmpdir(), 'hufu-home-'));
            mkdirSync(join(home, '.config/hufu'), { recursive: true });
            writeFileSync(join(home, '.config/hufu/hufu.ini'), '[sites]\nallow = https://portal.example.tw\n');
        });

        after(() => rmSync(home, { recursive: true }));

        test('commands', () => {
            const found = words('hufu ');
            for (const command of ['sites', 'log', 'trust', 'restart', 'setup']) {
                assert.ok(found.includes(command), `${command} in ${found}`);
            }
        });

        test('what has been begun', () => {
            assert.deepEqual(words('hufu tr'), ['trust']);
            assert.deepEqual(words('hufu trust st'), ['status']);
        });

        test('options, also behind a verb', () => {
            assert.deepEqual(words('hufu setup --re'), ['--remove']);
            assert.deepEqual(words('hufu trust install --dr'), ['--dry-run']);
        });

        test("a verb's own, where it has any", () => {
            assert.deepEqual(words('hufu trust policy --r').sort(), ['--remove', '--root']);
            assert.ok(!words('hufu trust --r').includes('--root')); /* fish offers --dry-run */
        });

        test('sites that were decided about, and scopes', () => {
            assert.ok(words('hufu log --site ').includes('https://portal.example.tw'));
            const found = words('hufu sites allow ');
            assert.ok(found.includes('https://portal.example.tw') && found.includes('decrypt'), `${found}`);
        });

        test('folders', () => {
            assert.match(words('hufu trust policy --root /us')[0], /usr/);
        });
    });
}

describe('completions in Chinese', { skip: skipWithout('fish') }, () => {
    test('say what it is in Chinese', () => {
        const env = { HOME: '/nonexistent', PATH: '/usr/bin:/bin', LANG: 'zh_TW.UTF-8', TERM: 'dumb' };
        assert.match(ask('fish', 'hufu trust inst', env), /^install\t讓您所有的瀏覽器信任虎符$/m);
    });
});
