/* Row 11: another user opens a port first, on one address or on both, and waits for my pages.
 * T-11. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, afterEach, before, describe, test } from 'node:test';

import { browsers } from '../lib/browsers.mjs';
import { skipDaemon, startDaemon } from '../lib/daemon.mjs';
import { skipWithout } from '../lib/programs.mjs';
import { echoBody } from '../lib/requests.mjs';
import { readAnswer } from '../lib/servisign.mjs';
import { asNobody, skipOtherUser } from './nobody.mjs';
import { startVisit } from './site.mjs';

/* Resolves with the process, once it listens. It has a certificate for localhost, which nobody
 * trusts, and says that it is hufud. */
async function squat(port, addresses) {
    const [command, args] = asNobody(`
        const { execSync } = require("child_process");
        const pem = execSync("openssl req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256 "
            + "-keyout - -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1 "
            + "2>/dev/null");
        let waiting = ${addresses.length};
        for (const address of ${JSON.stringify(addresses)})
            require("https").createServer({ cert: pem, key: pem }, (request, response) => {
                response.writeHead(200, { "Access-Control-Allow-Origin": "*" });
                response.end('{"result":"MA=="}');
                console.log("asked");
            }).listen({ port: ${port}, host: address, ipv6Only: true },
                () => { if (--waiting === 0) console.log("ready"); });`);
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'], cwd: '/' });
    child.said = '';
    child.stdout.on('data', (data) => {
        child.said += data;
    });
    await once(child.stdout, 'data');
    return child;
}

async function end(child) {
    child.kill('SIGKILL');
    await once(child, 'exit');
}

const skip = skipDaemon('setpriv') || skipOtherUser;

describe('a port that another user holds', { skip }, () => {
    let daemon;

    before(async () => {
        daemon = await startDaemon({ more: ['--no-daemon'] });
    });

    afterEach(async () => {
        process.kill(daemon.pid, 'SIGKILL');
    });

    after(() => daemon?.stop());

    for (const addresses of [['127.0.0.1'], ['::1'], ['127.0.0.1', '::1']]) {
        test(`on ${addresses} is passed by, and its holder is named`, async () => {
            const [first, second] = daemon.portsOf('gpki');
            const squatter = await squat(first, addresses);
            const lines = await daemon.logOf(() => daemon.startAndWait());
            await end(squatter);
            const line = lines.find((one) => one.includes(`port ${first} passed by`));
            assert.ok(line.includes('held by user nobody (uid 65534'), lines.join('\n'));
            for (const address of ['127.0.0.1', '::1']) {
                const page = daemon.newPage({ port: second, address });
                assert.equal((await page.ask('Echo')).result, '0');
                await assert.rejects(daemon.newPage({ port: first, address }).connect());
                page.close();
            }
        });
    }
});

for (const browser of browsers) {
    describe(`a port that another user holds, in ${browser.name}`,
        { skip: skip || skipWithout(...browser.needs) }, () => {
            let visit;
            let squatter;

            before(async () => {
                visit = await startVisit(browser, {
                    host: 'portal.example.tw', more: ['--no-daemon'],
                    setUp: async (daemon) => {
                        squatter = await squat(daemon.portsOf('gpki')[0], ['127.0.0.1', '::1']);
                        await daemon.startAndWait();
                    },
                });
            });

            after(async () => {
                await visit?.stop();
                await end(squatter);
            });

            test('gets no word of the page, which goes on to the next port', async () => {
                const page = await visit.newPage();
                const call = { body: echoBody(visit.daemon.newPage()),
                    ports: visit.daemon.portsOf('gpki') };
                const answers = await page.evaluate(async ({ body, ports }) => {
                    const all = [];
                    for (const port of ports) {
                        for (const host of ['localhost', '127.0.0.1']) {
                            const text = await fetch(`https://${host}:${port}/`, {
                                method: 'POST', body,
                                headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
                            }).then((response) => response.text(), () => 'failed');
                            all.push(text);
                        }
                    }
                    return all;
                }, call);
                assert.deepEqual(answers.slice(0, 2), ['failed', 'failed']);
                for (const body of answers.slice(2)) {
                    assert.equal(readAnswer({ body }).result, '0');
                }
                assert.equal(squatter.said, 'ready\n');
                await page.close();
            });
        });
}
