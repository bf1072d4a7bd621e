/* See `breaks` beside it. */
import { newDesk } from '../lib/desk.mjs';
import { faults } from '../lib/faults.mjs';

const [count = '20', seed = `${Date.now() % 100_000}`] = process.argv.slice(2);

/* Numbers that the same seed gives again (a linear congruential generator, modulus 2^32). */
let state = Number(seed);
function draw(below) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor(state / 2 ** 32 * below);
}

/* COUNT of them without repetition, or all. */
function choose() {
    const left = [...faults];
    return Array.from({ length: Math.min(Number(count), left.length) },
        () => left.splice(draw(left.length), 1)[0]);
}

const desk = await newDesk();
const rows = [];
try {
    for (const fault of choose()) {
        await fault.break(desk);
        const began = Date.now();
        const lines = desk.lines();
        const took = Date.now() - began;
        if (fault.obey) {
            desk.obey(desk.doctor().checks.find(({ id }) => id === fault.check).step.en);
        }
        await fault.mend?.(desk);
        await fault.after?.(desk);
        const read = lines.findIndex((line) => fault.line.test(line)) + 1;
        rows.push({ ...fault, read, took, well: desk.lines()[0] === 'All is well.' });
    }
} finally {
    await desk.stop();
}

console.log('| fault | check | lines read | ms | human steps before | now | well after the step |\n|---|---|---|---|---|---|---|');
for (const { name, check, read, took, before, well } of rows) {
    console.log(`| ${name} | \`${check}\` | ${read || 'not named'} | ${took} | ${before || '—'} | 1 | ${well ? 'yes' : 'no'} |`);
}
const named = rows.filter(({ read }) => read > 0);
console.error(`${rows.length} breaks (seed ${seed}): ${named.length} named, `
    + `${named.filter(({ read }) => read === 1).length} by the first line, ${rows.filter(({ well }) => well).length} mended`);
