/* A page in a process of its own, for a person who is another user: node signer.mjs HOME PIN COUNT.
 * It goes from port to port as adapters do, signs COUNT times, each in a session of its own, and
 * prints { port, signature } a line, or { error }. */
import { join } from 'node:path';

import { Page } from './servisign.mjs';

const gpki = [56421, 56521, 56621];

async function answeringPage(daemon) {
    for (const port of gpki) {
        const page = new Page(daemon, { port });
        try {
            await page.echo();
            return page;
        } catch {
            page.close();
        }
    }
    throw new Error('no port answers');
}

/* SoftHSM misses a card when it loads while another process logs in: then the page, as a person would,
 * tries again. */
async function sign(daemon, pin, text) {
    for (let tries = 5; ; tries -= 1) {
        const page = await answeringPage(daemon);
        const signature = await page.call('GPKI_SignData', pin, text, '', 0, 4);
        page.close();
        if (signature.length > 100) {
            return { port: page.port, signature };
        }
        if (tries === 1) {
            return { error: signature };
        }
    }
}

const [home, pin, count] = process.argv.slice(2);
const daemon = { port: gpki[0], certificate: join(home, '.local/share/hufu/tls/leaf.pem') };
for (let i = 0; i < Number(count); i += 1) {
    console.log(JSON.stringify(await sign(daemon, pin, `${i}`).catch((error) => ({ error: `${error}` }))));
}
