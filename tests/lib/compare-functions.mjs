/* Prints in what the GPKI functions of src/component/gpki/gpki.c, docs/components/gpki.md, the published
 * pages and tests/browser/functions.mjs differ; one finding a line. */
import { readFileSync } from 'node:fs';

import { functions } from '../browser/functions.mjs';
import { readDocument } from './gpki-document.mjs';
import { faces } from './servisign.mjs';

const words = (text) => text.replaceAll('*', '').split(' ').filter(Boolean);

/* The rows of the table in C, in the document's words. */
function codeRows() {
    const text = readFileSync(new URL('../../src/component/gpki/gpki.c', import.meta.url), 'utf8');
    const returns = { TEXT: 'text', NUMBER: 'number', STATUS: 'code' };
    const states = { UNSUPPORTED: 'not yet', REFUSED: 'refused' };
    return [...text.matchAll(/\{"(\w+)",\s*"([^"]*)",\s*(\w+),\s*(\w+)/g)].map(
        ([, name, parameters, result, rest]) => ({
            name, parameters: words(parameters), returns: returns[result], state: states[rest] ?? 'done' }));
}

const pageRows = (face) => face.functions.map(([name, parameters]) => ({ name, parameters: words(parameters) }));

const { functions: documented, mac } = readDocument();
const macRows = pageRows(faces.mac);
const find = (rows, name) => rows.find((row) => row.name === name);
const names = (rows) => rows.map(({ name }) => name).sort();

/* Names of one list that the other lacks, and those that are there twice. */
const unlike = (here, rows, there, others) => [
    ...names(rows).filter((name) => !find(others, name)).map((name) => `${name}: in ${here}, not in ${there}`),
    ...names(rows).filter((name, i, all) => name === all[i + 1]).map((name) => `${name}: twice in ${here}`)];

const different = (name, what, one, other) => (
    `${one}` === `${other}` ? [] : [`${name}: ${what} ${one} and ${other}`]);

/* hufud itself answers get_lastError. */
const code = [{ name: 'get_lastError', parameters: [], returns: 'number', state: 'done' }, ...codeRows()];
const tested = Object.entries(functions).map(([name, row]) => ({ name, ...row }));
const windows = pageRows(faces.windows);

const findings = [
    ...[['gpki.c', code], ['the Windows page', windows], ['the tests', tested]].flatMap(([place, rows]) => [
        ...unlike('the document', documented, place, rows), ...unlike(place, rows, 'the document', documented)]),
    ...unlike('the Mac page', macRows, "the document's Mac pages", mac),
    ...unlike("the document's Mac pages", mac, 'the Mac page', macRows),
    ...mac.flatMap(({ name, parameters }) => [
        ...different(name, 'Mac parameters', parameters, find(macRows, name)?.parameters),
        ...find(documented, name) ? [] : [`${name}: a Mac page has it, the document does not`]]),
    ...documented.flatMap(({ name, parameters, returns, state }) => {
        const row = find(code, name);
        const test = find(tested, name);
        const published = find(windows, name)?.parameters ?? [];
        return [
            ...different(name, 'parameters', parameters, row?.parameters),
            ...different(name, 'parameters on the page', parameters.slice(0, published.length), published),
            ...different(name, 'result', returns, row?.returns),
            ...different(name, 'state', state, row?.state),
            ...different(name, 'number of parameters', parameters.length, test?.kinds.length),
            ...different(name, 'refused', state === 'refused', test?.refused === true),
            ...test?.refused || test?.good?.length || test?.fails?.length ? [] : [`${name}: tests never call it`],
        ];
    }),
];
findings.forEach((finding) => console.log(finding));
