/* How things are, in one sentence and one button: from all that is known to what stands on top. */

const own = (mood, key, button) => ({ mood, headline: { key }, lead: { key: `${key}Lead` }, button });

const test = { action: 'test', key: 'tryIt' };
const look = { action: 'look', key: 'look' };
const restart = { action: 'restart', key: 'restart' };

/* The button of a check that something can be done about, or undefined. */
export function buttonOf(check) {
    if (!check.fix) {
        return undefined;
    }
    return check.fix === 'restart' ? restart : { action: 'fix', key: `fix_${check.fix}`, check };
}

/* A step that is a command of hufu alone is what the button does. */
const isCommand = ({ en }) => /^Run: hufu [^.,;]*$/.test(en);

function ofCheck(check) {
    const mood = check.state === 'trouble' ? 'trouble' : 'attention';
    const button = buttonOf(check);
    const lead = button && isCommand(check.step) ? { key: 'buttonLead' } : { text: check.step };
    return { mood, headline: { text: check.text }, lead, button: button ?? look };
}

/* When the doctor has nothing to say about the card, what is in the reader counts. */
function ofCard(card) {
    if (card?.service !== 'running') {
        return own('ready', 'ready', test);
    }
    if (card.readers.length === 0) {
        return own('attention', 'noReader', look);
    }
    return card.readers.some((reader) => reader.card)
        ? own('ready', 'ready', test) : own('attention', 'noCard', look);
}

/* `known` has the last event of each kind: undefined before there was one, null when hufu could not
 * say. Resolves to { mood, headline, lead, button }; a headline is { key } of texts.js or { text } in
 * both languages. */
export function summarise({ ended, doctor, card, ports, change }) {
    if (ended) {
        return { ...own('ended', 'ended'), headline: { key: ended } };
    }
    if (change?.state === 'running') {
        return own('looking', 'changing');
    }
    if (doctor === undefined || ports === undefined) {
        return own('looking', 'looking');
    }
    const first = doctor?.checks.find(({ id }) => id === doctor.first);
    if (first) {
        return ofCheck(first);
    }
    if (ports.ports.length === 0) {
        return own('trouble', 'notRunning', restart);
    }
    return doctor ? ofCard(card) : own('attention', 'notExamined', test);
}
