/* All functions of both GPKI pages, from real pages in both browsers, through adapters of both
 * template versions: with what they are made for, and with everything that can be wrong. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';

import { browsers } from '../lib/browsers.mjs';
import { Daemon } from '../lib/daemon.mjs';
import { readDocument } from '../lib/gpki-document.mjs';
import { makeInputs } from '../lib/inputs.mjs';
import { judgePrograms, Judges } from '../lib/judges.mjs';
import { skipWithout } from '../lib/programs.mjs';
import { faces } from '../lib/servisign.mjs';
import { pinentry } from '../lib/windows.mjs';
import { Bench, skipBrowser } from './bench.mjs';
import { casesOf } from './cases.mjs';
import { functions } from './functions.mjs';

const { functions: documented, everywhere } = readDocument();
const documentOf = (name) => documented.find((row) => row.name === name);

const mend = { what: 'the right PIN', name: 'GPKI_VerifyPIN', args: ['', 0], codes: [0] };

/* In the page: three adapters, one of which sends plain JSON values. A text "raw:..." is sent as if it
 * were base64 already. */
function preparePage({ template, ports }) {
    const encode = toBase64;
    window.toBase64 = (text) => (text.startsWith('raw:') ? text.slice(4) : encode(text));
    const plain = gpkiFaces.windows.functions.map(
        ([name, parameters, kind]) => [name, parameters.replaceAll('*', ''), kind]);
    window.adapters = { template: templates[template], ports };
    for (const [name, face] of Object.entries({
        windows: gpkiFaces.windows, mac: gpkiFaces.mac, plain: { ...gpkiFaces.windows, functions: plain },
    })) {
        adapters[name] = createAdapter(templates[template], face, ports);
        adapters[name].GPKI_GetSlotCount();
    }
    return ServiSign_GetErrorCode();
}

/* In the page: calls one after another, each with the last error after it. */
function runCalls(text) {
    const { adapter, calls } = JSON.parse(text);
    const special = { undefined, object: {} };
    const revive = (arg) => (arg?.is ? special[arg.is] : arg);
    trace.length = 0;
    return JSON.stringify(calls.map(({ name, args }) => {
        const value = adapters[adapter][name](...args.map(revive));
        const transport = ServiSign_GetErrorCode();
        return { value, transport, code: adapters[adapter].get_lastError() };
    }));
}

/* In the page: each function with one parameter more than any has; the texts as they travelled. */
function runCrowded() {
    const list = Array.from({ length: 6 }, (_, i) => `p${i}*`);
    const functions = gpkiFaces.windows.functions.filter(([name]) => name !== 'get_lastError').map(
        ([name]) => [name, list.join(' '), 'text']);
    const adapter = createAdapter(adapters.template,
        { ...gpkiFaces.windows, functions: [...functions, gpkiFaces.windows.functions[0]] }, adapters.ports);
    return functions.map(([name]) => (
        { name, value: adapter[name](...list.map(() => 0)), code: adapter.get_lastError() }));
}

/* In the page: a text above the limit of a request, after a call that failed. */
function runOversize() {
    const { windows } = adapters;
    windows.GPKI_EnumCerts('x');
    const before = windows.get_lastError();
    windows.CAPICertGetSubject('x'.repeat(4_800_000), 0);
    const transport = ServiSign_GetErrorCode();
    return { transport, before, code: windows.get_lastError() };
}

const byName = (one, other) => (one.name < other.name ? -1 : 1);

/* What a page gets from a call that failed with `code`. */
function failureValue({ returns }, kind, code) {
    const text = returns === 'code' || code >= 61000 ? `${code}` : returns === 'number' ? '0' : '';
    return kind.startsWith('int') ? Number(text) : kind.startsWith('list') ? [] : text;
}

/* The text that travelled, from what the adapter made of it. */
const textOf = (value) => (Array.isArray(value) ? value.map((item) => `${item};`).join('') : `${value}`);

/* One page of a browser, with all that its results are judged by. */
class Examination {
    findings = [];
    opinions = new Map();
    undocumented = new Set();

    static async open(bench, template) {
        const examination = new Examination();
        const { sandbox } = bench;
        const citizens = dirname(sandbox.hierarchy);
        examination.page = await bench.newPage();
        examination.judges = new Judges(sandbox.folder, sandbox.hierarchy,
            ['root', 'issuing'].map((name) => join(citizens, 'ca', `${name}.pem`)));
        examination.inputs = makeInputs(sandbox, examination.judges);
        assert.equal(await examination.page.evaluate(preparePage, { template, ports: [sandbox.port] }), 0);
        await new Daemon(sandbox).quiet();
        return examination;
    }

    /* Calls `cases` of a function, and resolves with what judges the results. */
    async run(adapter, name, kind, cases) {
        const row = functions[name];
        const around = (list = []) => list.map(([other, ...args]) => ({ name: other, args: args.map(
            (arg) => (typeof arg === 'function' ? arg(this.inputs) : arg)) }));
        const own = cases.flatMap((one) => [{ name, ...one }, ...one.mend ? [mend] : []]);
        const early = own.filter((one) => one.early);
        const calls = [...early, ...around(row.before), ...own.slice(early.length), ...around(row.after)];
        const results = JSON.parse(await this.page.evaluate(runCalls, JSON.stringify(
            { adapter, calls: calls.map(({ name: called, args }) => ({ name: called, args })) })));
        results.splice(early.length, row.before?.length ?? 0);
        return () => own.forEach((one, i) => this.#judge(one, results[i], {
            kind: one === mend ? 'int' : kind, label: `${adapter} ${one.name}: ${one.what}`,
            before: results[i - 1]?.code }));
    }

    /* The judges, for whom this process waits, have the results of one adapter while the page makes those
     * of the next. */
    async runAll(name, faces) {
        let judge = () => {};
        for (const [adapter, arity, kind] of faces) {
            const next = this.run(adapter, name, kind, casesOf(functions[name], this.inputs, arity, adapter));
            await setImmediate(); /* the calls are on their way */
            judge();
            judge = await next;
        }
        judge();
    }

    #note({ name, after }, code) {
        const { codes, state } = documentOf(name);
        const known = [0, ...codes, ...everywhere, ...after ?? [], ...state === 'refused' ? [5906] : []];
        if (!known.includes(code)) {
            this.undocumented.add(`${name} ${code}`);
        }
    }

    /* What was no request leaves the last error as it was. */
    #assertFailed(one, { value, code }, { kind, before }) {
        const got = one.noRequest ? one.codes[0] : code;
        assert.ok(one.codes.includes(got), `code ${got}, not ${one.codes.join(' or ')}`);
        assert.equal(code, one.noRequest && before !== undefined ? before : code);
        assert.deepEqual(value, got === 0 ? value : failureValue(documentOf(one.name), kind, got));
    }

    /* The same result for the same arguments needs no second opinion. */
    #assertRight({ judge, judgedArgs }, text) {
        const opinion = JSON.stringify([text, judgedArgs]);
        const known = this.opinions.get(judge) ?? new Set();
        if (!known.has(opinion)) {
            judge(text, judgedArgs, this.inputs, this.judges);
            this.opinions.set(judge, known.add(opinion));
        }
    }

    #judge(one, result, context) {
        this.#note(one, result.code);
        try {
            assert.equal(result.transport, 0, 'answered');
            if (one.codes) {
                this.#assertFailed(one, result, context);
            } else {
                assert.equal(result.code, one.after?.[0] ?? 0, 'code');
                this.#assertRight(one, textOf(result.value));
            }
        } catch (error) {
            this.findings.push(`${context.label}: ${error.message.trim().slice(0, 300)}`);
        }
    }

    take() {
        return this.findings.splice(0);
    }
}

/* What carries arguments as JSON values is no template's own: with this one it is enough. */
const plainly = '1.0.20.0423';

function facesOf(name, template) {
    const [, parameters, kind] = faces.windows.functions.find(([known]) => known === name);
    const arity = parameters.split(' ').filter(Boolean).length;
    const mac = faces.mac.functions.find(([known]) => known === name);
    return [['windows', arity, kind],
        ...template === plainly ? [['plain', arity, kind]] : [],
        ...mac ? [['mac', mac[1].split(' ').filter(Boolean).length, mac[2]]] : []];
}

/* The longest first: they are two at a time. */
const combinations = ['Firefox', 'Chromium'].flatMap((name) => [plainly, '1.0.18.1219'].map(
    (template) => ({ browser: browsers.find((one) => one.name === name), template })));

/* Each is one call after another between browser and hufud: two share a computer well. */
describe('functions', { concurrency: 2 }, () => {
    for (const { browser, template } of combinations) {
        const skip = skipBrowser(browser) || skipWithout(...judgePrograms);
        describe(`in ${browser.name} with template ${template}`, { skip, concurrency: 1 }, () => {
            let bench;
            let examination;

            before(async () => {
                bench = await Bench.start(browser, { pinentry });
                writeFileSync(join(bench.sandbox.home, '.config/hufu-test/typed'), `${bench.sandbox.pin}\n`);
                examination = await Examination.open(bench, template);
            });

            after(async () => {
                await examination?.page.close();
                await bench?.stop();
            });

            for (const name of Object.keys(functions)) {
                it(name, async () => {
                    await examination.runAll(name, facesOf(name, template));
                    assert.deepEqual(examination.take(), []);
                });
            }

            it('no function takes more parameters than it has', async () => {
                const answers = await examination.page.evaluate(runCrowded);
                const text = { code: '5005', number: '0' };
                const expected = documented.filter(({ name }) => name !== 'get_lastError')
                    .map(({ name, returns }) => ({ name, value: text[returns] ?? '', code: 5005 }));
                assert.deepEqual(answers.sort(byName), expected.sort(byName));
            });

            if (template === plainly) {
                it('more than a request can carry is no answer, and changes nothing', async () => {
                    const answer = await examination.page.evaluate(runOversize);
                    assert.deepEqual(answer, { transport: 61015, before: 5005, code: 5005 });
                });
            }

            it('gave no code that the document does not have', () => {
                assert.deepEqual([...examination.undocumented], []);
            });
        });
    }
});
