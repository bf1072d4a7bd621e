/* The windows of a sandbox that uses the program `pinentry` of this folder. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { isAlive, until } from './daemon.mjs';

export const pinentry = fileURLToPath(new URL('pinentry', import.meta.url));

export class Windows {
    constructor(daemon, kind = 'windows') {
        this.place = join(daemon.sandbox.home, '.config/hufu-test');
        this.folder = join(this.place, kind);
    }

    /* Those that wait for a person, by the numbers of their processes. */
    get open() {
        return existsSync(this.folder) ? readdirSync(this.folder).map(Number).filter(isAlive) : [];
    }

    /* Resolves with the only window, as soon as it is there. */
    async one() {
        const [window] = await this.all(1);
        return window;
    }

    /* Resolves with `count` windows, as soon as they are there. */
    all(count) {
        return until(`${count} windows`, () => this.open.length === count && this.open);
    }

    /* The texts of a window, such as { SETTITLE, SETDESC }. */
    textsOf(window) {
        return Object.fromEntries(readFileSync(join(this.place, 'texts', `${window}`), 'utf8')
            .split('\n').slice(0, -1).map((line) => {
                const space = line.indexOf(' ');
                return [line.slice(0, space), decodeURIComponent(line.slice(space + 1))];
            }));
    }

    /* The lines of the only window. */
    async text() {
        return this.textsOf(await this.one()).SETDESC.split('\n');
    }

    answer(window, line) {
        writeFileSync(join(this.folder, `${window}`), `${line}\n`);
    }

    async type(pin) {
        this.answer(await this.one(), pin);
    }

    /* A right PIN: `page` may then open as many windows for nothing as at first. */
    async typeRight(page, pin) {
        const answer = page.call('GPKI_VerifyPIN', '', 0);
        await this.type(pin);
        assert.equal(await answer, '0');
    }

    async cancel() {
        this.answer(await this.one(), '');
    }
}

/* What a person is asked about a site. */
export class Questions extends Windows {
    constructor(daemon) {
        super(daemon, 'questions');
    }

    /* How many windows there were so far, of both kinds. */
    get count() {
        const texts = join(this.place, 'texts');
        return existsSync(texts) ? readdirSync(texts).length : 0;
    }
}
