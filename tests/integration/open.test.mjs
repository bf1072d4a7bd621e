/* hufu open as a command: usage, the browser that it starts, two of them at once. What the page shows
 * is in tests/browser/status.test.mjs. */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { isAlive, until } from '../lib/daemon.mjs';
import { openProgram, startOpen } from '../lib/open.mjs';
import { endProcess } from '../lib/processes.mjs';
import { skipWithout } from '../lib/programs.mjs';
import { programs } from '../lib/sandbox.mjs';

const hufu = join(programs, 'hufu');
const pages = fileURLToPath(new URL('../../web', import.meta.url));
const addressForm = /^http:\/\/127\.0\.0\.1:\d+\/#[0-9a-f]{64}$/m;

describe('hufu open', { skip: skipWithout(hufu, openProgram) }, () => {
    let home;
    const env = (more) => ({ HOME: home, PATH: '/usr/bin:/bin', LANG: 'C.UTF-8', ...more });

    const run = (args, more) => new Promise((resolve) => {
        execFile(hufu, ['open', ...args], { env: env(more) }, (error, stdout, stderr) => {
            resolve({ code: error?.code ?? 0, stdout, stderr });
        });
    });

    beforeEach(() => {
        home = mkdtempSync(join(tmpdir(), 'hufu-open-'));
    });

    afterEach(() => rmSync(home, { recursive: true }));

    test('has its usage, in both languages', async () => {
        const { code, stdout } = await run(['--help']);
        assert.equal(code, 0);
        assert.match(stdout, /^Usage: hufu open/);
        assert.match((await run(['-h'], { LANG: 'zh_TW.UTF-8' })).stdout, /^用法：hufu open/);
        for (const args of [['--nothing'], ['now'], ['--pages']]) {
            const wrong = await run(args);
            assert.deepEqual([wrong.code, wrong.stdout], [2, '']);
            assert.match(wrong.stderr, /^Usage: /);
        }
    });

    test('says what is missing', async () => {
        const { code, stderr } = await run(['--print', '--pages', '/nonexistent']);
        assert.equal(code, 1);
        assert.match(stderr, /\/nonexistent\/status/);
    });

    /* xdg-open asks this variable where there is no desktop. */
    const startWith = (browser) => {
        const child = spawn(hufu, ['open', '--pages', pages],
            { env: env({ BROWSER: browser }), stdio: ['ignore', 'pipe', 'pipe'] });
        child.said = '';
        child.stdout.on('data', (data) => { child.said += data; });
        return child;
    };

    test('opens the address with xdg-open', { skip: skipWithout('/usr/bin/xdg-open') }, async () => {
        const browser = join(home, 'browser');
        const file = join(home, 'address');
        writeFileSync(browser, `#!/bin/sh\necho "$1" >'${file}.new' && mv '${file}.new' '${file}'\n`, { mode: 0o755 });
        const child = startWith(browser);
        await until('the browser', () => existsSync(file));
        const address = readFileSync(file, 'utf8');
        assert.match(address, addressForm);
        assert.equal((await fetch(address.replace(/#.*/s, ''))).status, 200);
        assert.equal(child.said, '');
        child.kill('SIGINT');
        assert.deepEqual(await once(child, 'exit'), [0, null]);
    });

    test('says the address where no browser opens', async () => {
        const child = startWith('/bin/false');
        await until('the address', () => addressForm.test(child.said));
        assert.match(child.said, /^No browser could be opened\./);
        await endProcess(child);
    });
});

describe('two pages at once', { skip: skipWithout(openProgram) }, () => {
    let home;
    let both;

    before(async () => {
        home = mkdtempSync(join(tmpdir(), 'hufu-open-'));
        both = await Promise.all([startOpen(home), startOpen(home)]);
    });

    after(async () => {
        await Promise.all(both?.map((open) => open.stop()) ?? []);
        rmSync(home, { recursive: true });
    });

    const rows = () => readFileSync(join(home, '.local/state/hufu/pages'), 'utf8').split('\n').filter(Boolean)
        .map((row) => Number(row.split(' ')[0])).sort();

    test('have ports and tokens of their own', async () => {
        assert.notEqual(both[0].port, both[1].port);
        assert.notEqual(both[0].token, both[1].token);
        assert.deepEqual(rows(), both.map(({ port }) => port).sort());
    });

    test('one that ends takes its own row along', async () => {
        await both[0].stop();
        assert.deepEqual(rows(), [both[1].port]);
        assert.ok(isAlive(both[1].pid));
    });
});
