// Stands in for the package string-width in the bundle, see bundle.ts.
// oxlint-disable-next-line import/no-default-export -- as the package has it
export default (text: string): number => text.length;
