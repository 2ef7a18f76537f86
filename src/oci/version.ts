/** The newest version of the runtime specification that runx supports. */
export const ociVersion = '1.2.0';
