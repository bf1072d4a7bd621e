/* The steps of the test signature, from ground to roof. */
export const steps = [
    'service', 'trust', 'session', 'reader', 'card', 'certificate', 'pin', 'sign', 'verify',
];
