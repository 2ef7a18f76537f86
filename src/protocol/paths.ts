/** The directory of the exports in 9P, and in the root of a program that is confined to them (paths.h). */
export const exportsDirectory = '/export';
