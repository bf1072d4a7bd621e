/* The PIN windows of a sandbox that uses the program `pinentry` of this folder. */
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { isAlive, until } from './daemon.mjs';

export const pinentry = fileURLToPath(new URL('pinentry', import.meta.url));

export class Windows {
    constructor(daemon) {
        this.folder = join(daemon.sandbox.home, '.config/hufu-test/windows');
    }

    /* Those that wait for a PIN, by the numbers of their processes. */
    get open() {
        return existsSync(this.folder)
            ? readdirSync(this.folder).filter((name) => /^\d+$/.test(name)).map(Number)
                .filter(isAlive)
            : [];
    }

    /* Resolves with the only window, as soon as it is there. */
    async one() {
        const [window] = await this.all(1);
        return window;
    }

    /* The lines of the only window. */
    async text() {
        const escaped = readFileSync(join(this.folder, `${await this.one()}.text`), 'utf8');
        return decodeURIComponent(escaped).split('\n');
    }

    /* Resolves with `count` windows, as soon as they are there. */
    all(count) {
        return until(`${count} PIN windows`, () => this.open.length === count && this.open);
    }

    answer(window, line) {
        writeFileSync(join(this.folder, `${window}`), `${line}\n`);
    }

    async type(pin) {
        this.answer(await this.one(), pin);
    }

    async cancel() {
        this.answer(await this.one(), '');
    }
}
