/* Row 23: what hufud says on localhost binds every other server there. T-23. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { skipDaemon, startDaemon } from '../lib/daemon.mjs';
import { add, changedRequest } from '../lib/requests.mjs';
import { readAnswer } from '../lib/servisign.mjs';
import { answerTo, inputsOf } from './inputs.mjs';

/* Remembered by a browser for the host, whatever its port; or telling more than it has to. */
const never = /^(Set-Cookie|Strict-Transport-Security|Clear-Site-Data|Alt-Svc|Expect-CT|NEL|Report-To|Public-Key-Pins|Server|X-Powered-By|ETag|Last-Modified|Refresh)$/i;

describe('a browser', { skip: skipDaemon() }, () => {
    let daemon;
    let page;

    before(async () => {
        daemon = await startDaemon();
        page = await daemon.openPage();
    });

    after(() => daemon?.stop());

    test('is told nothing that it would keep', async () => {
        let answers = 0;
        for (const [name, bytes] of Object.entries(inputsOf(page))) {
            const response = await answerTo(page, bytes);
            answers += response !== undefined;
            assert.deepEqual(response?.headers.filter(([header]) => never.test(header)) ?? [], [],
                name);
        }
        assert.ok(answers > 20);
    });

    test('may send cookies of other servers, which change nothing', async () => {
        const { SessionID, ...plain } = readAnswer(await answerTo(page, changedRequest(page, {})));
        for (const cookie of ['a=b', `SessionID=${page.session}`, 'x'.repeat(8 * 1024), '\xff']) {
            const response = await answerTo(page, changedRequest(page, add('Cookie', cookie)));
            const { SessionID: other, ...rest } = readAnswer(response);
            assert.deepEqual(rest, plain);
        }
    });
});
