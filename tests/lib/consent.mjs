/* A hufud that asks about unknown sites, and the person who answers. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { isAlive, startDaemon, until } from './daemon.mjs';
import { formBody, readAnswer } from './servisign.mjs';
import { Questions, pinentry } from './windows.mjs';

export const newSite = 'https://new.example.tw';

/* An allowance within the first half second is no answer (consent.h). */
export const armed = () => sleep(600);

export const echoOf = (page) => formBody({ functionname: 'ServiSignEcho', ...page.trailer() });

/* What a person's no in a window is answered with, which the site may read. */
export const saidNo = 61908;

/* Resolves with the status of a page's Echo, or with its code where it failed. */
export async function visit(page) {
    const answer = await page.post(echoOf(page));
    return answer.status === 200 ? Number(readAnswer(answer).result) || 200 : answer.status;
}

export class Setting {
    async start(options) {
        this.daemon = await startDaemon({ pinentry, ...options });
        this.questions = new Questions(this.daemon);
    }

    get answers() {
        return join(this.daemon.sandbox.home, '.local/state/hufu/sites.ini');
    }

    /* Nothing decided, nobody refused before: hufud starts anew. */
    async reset(settings) {
        rmSync(this.answers, { force: true, recursive: true });
        await this.daemon.configure({ pin: { program: pinentry }, ask: true, ...settings });
    }

    page(from = newSite) {
        return this.daemon.newPage({ origin: from });
    }

    async answer(word) {
        const window = await this.questions.one();
        await armed();
        this.questions.answer(window, word);
        await until('the end of the window', () => !isAlive(window));
    }

    hufu(...args) {
        return this.daemon.sandbox.hufu(...args);
    }
}
