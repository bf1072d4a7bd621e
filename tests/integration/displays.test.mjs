/* Sessions come and go while hufud runs: its windows are on the screen of the session of now, as the
 * user manager knows it. Two real screens, a real manager, and real windows. */
import '../lib/plain.mjs'; /* the units' filter of system calls leaves sanitizers no way to work */

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';

import { assertSigned } from '../lib/cms.mjs';
import { saidNo, visit } from '../lib/consent.mjs';
import { skipDaemon } from '../lib/daemon.mjs';
import { isInside, runInside } from '../lib/network.mjs';
import { newPerson } from '../lib/person.mjs';
import { pinWindow } from '../lib/sandbox.mjs';
import { displayPrograms, startDisplay } from '../lib/xvfb.mjs';

const uid = 54321;
const pinentry = '/usr/bin/pinentry-qt';
const unknown = 'https://new.example.tw';
const sign = ['GPKI_SignData', '', 'x', '', 0, 4];
const noWindow = 5074;

const skip = skipDaemon('setpriv', 'systemctl', '/lib/systemd/systemd', pinentry, ...displayPrograms);

function defineTests() {
    let person;
    let first;
    let second;

    const login = ({ name }) => assert.equal(person.systemctl('set-environment', `DISPLAY=${name}`).status, 0);

    /* A page with a connection in the person's name. */
    const opened = async () => {
        const page = person.daemon.newPage();
        await person.as(() => page.echo());
        return page;
    };

    /* A page signs; the PIN is typed on `display`, as the window is there. */
    const signsOn = async (display) => {
        const { pin, sandbox } = person.daemon;
        const page = await opened();
        const signature = page.call(...sign);
        await display.waitWindow(pinWindow);
        await display.type(pin);
        await display.key('Return');
        await assertSigned(await signature, sandbox.hierarchy, 'x');
    };

    before(async () => {
        first = await startDisplay();
        second = await startDisplay();
        person = await newPerson(uid, { pinentry });
        const { settingsFile } = person.daemon;
        writeFileSync(settingsFile, readFileSync(settingsFile, 'utf8').replace('ask = no', 'ask = yes'));
        assert.equal(person.hufu('trust', 'install').status, 0);
        await person.startManager();
        assert.equal(person.systemctl('start', 'hufud.service').status, 0); /* before any session */
    });

    after(async () => {
        await person?.stop();
        await second?.stop();
        await first?.stop();
    });

    test('a window finds the first session of a hufud that was there before', async () => {
        login(first);
        await signsOn(first);
    });

    test('a question as well', async () => {
        const page = await opened();
        page.origin = unknown;
        const status = visit(page);
        await first.waitWindow(pinWindow);
        await first.key('Escape');
        assert.equal(await status, saidNo);
    });

    test('the next window is where the next session is, with the same hufud', async () => {
        const { mainPid } = person;
        login(second);
        await signsOn(second);
        await first.stop();
        await signsOn(second);
        assert.equal(person.mainPid, mainPid);
    });

    test('a screen that is gone costs a page its documented code, and the next login mends it', async () => {
        login({ name: ':9999' });
        const page = await opened();
        assert.equal(await page.call(...sign), '');
        assert.equal(await page.lastError(), noWindow);
        login(second);
        await signsOn(second);
    });
}

const reason = skip || (!isInside && runInside(import.meta.url));
if (reason || isInside) {
    describe('displays', { skip: reason }, defineTests);
}
