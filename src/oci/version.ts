/** Newest version of the runtime specification whose words runx knows. */
export const ociVersion = '1.2.0';
