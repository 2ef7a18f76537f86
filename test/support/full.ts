/** Whether this is `npm run test:full`. */
export const isFull = process.env['RUNX_TEST_FULL'] === '1';

/** Options of a test that only that runs. */
export const long = isFull ? {} : { skip: 'long: in npm run test:full' };
