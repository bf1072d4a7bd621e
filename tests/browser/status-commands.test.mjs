/* The status page with hufu's own commands behind it: it says what hufu doctor finds, and follows when
 * that changes. Everything else about the page is in status.test.mjs, where a stand-in answers. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { browsers, launchChromium, launchFirefox } from '../lib/browsers.mjs';
import { skipDaemon, startDaemon, until } from '../lib/daemon.mjs';
import { portalHost } from '../lib/portal.mjs';
import { endProcess } from '../lib/processes.mjs';
import { skipWithout } from '../lib/programs.mjs';
import { programs } from '../lib/sandbox.mjs';

const web = fileURLToPath(new URL('../../web', import.meta.url));
const launchers = { Chromium: launchChromium, Firefox: launchFirefox };

for (const { name, needs } of browsers) {
    describe(`hufu open in ${name}, with hufu's own commands`, {
        skip: skipWithout(...needs) || skipDaemon(),
    }, () => {
        let daemon;
        let server;
        let browser;
        let page;

        /* Resolves with the address that `hufu open` prints. */
        async function start() {
            let printed = '';
            server = spawn(join(programs, 'hufu'), ['open', '--print', '--pages', web], {
                env: { ...daemon.sandbox.env(), LC_ALL: 'C' }, stdio: ['ignore', 'pipe', 'inherit'] });
            server.stdout.setEncoding('utf8').on('data', (text) => { printed += text; });
            return until('the address', () => printed.match(/http:\/\/127\.0\.0\.1:\S+/)?.[0]);
        }

        before(async () => {
            daemon = await startDaemon();
            const profile = join(daemon.sandbox.home, 'profile');
            mkdirSync(profile);
            browser = await launchers[name](daemon.sandbox, profile, { host: portalHost, port: 9 });
            page = await browser.newPage();
            await page.goto(await start());
        });

        after(async () => {
            await browser?.close();
            await endProcess(server);
            await daemon?.stop();
        });

        const headline = () => page.evaluate('document.getElementById("headline").textContent');
        const says = (expected) => until(expected, async () => expected.test(await headline()), 30);

        test('says that everything works, and that hufud has ended', async () => {
            await says(/^Everything works/);
            process.kill(daemon.pid, 'SIGKILL');
            await page.evaluate('document.getElementById("look").click()');
            await says(/hufud is not running/);
            assert.equal(await page.evaluate('document.getElementById("answer").dataset.mood'), 'trouble');
        });
    });
}
