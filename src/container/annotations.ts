import * as v from 'valibot';

import { annotationNames, domainTypeChoices, rootfsKinds } from '../config.ts';
import { maximumArguments } from '../domain/boot.ts';
import { maximumVcpus } from '../domain/size.ts';
import { RunxError } from '../errors.ts';
import { describeIssue } from '../schema.ts';

const prefix = 'io.runx.';

const number = (maximum: number) =>
  v.pipe(
    v.string(),
    v.regex(/^[1-9]\d{0,8}$/, 'must be a whole number'),
    v.transform(Number),
    v.maxValue(maximum),
  );

const maximumMiB = 16 * 1024 * 1024;

const path = v.pipe(
  v.string(),
  v.check((value) => !value.includes('\0'), 'must not contain a NUL byte'),
);

const annotationsSchema = v.strictObject({
  memory_mib: v.optional(number(maximumMiB)),
  memory_max_mib: v.optional(number(maximumMiB)),
  vcpus: v.optional(number(maximumVcpus)),
  vcpus_max: v.optional(number(maximumVcpus)),
  netconf: v.optional(v.string()),
  domain_type: v.optional(v.picklist(domainTypeChoices)),
  rootfs: v.optional(v.picklist(rootfsKinds)),
  kernel: v.optional(path),
  ramdisk: v.optional(path),
  kernel_arguments: v.optional(
    v.pipe(
      v.string(),
      v.regex(/^[\x20-\x7e]*$/, 'must be printable ASCII'),
      v.maxLength(maximumArguments),
    ),
  ),
});

/** The values of the annotations `io.runx.*`, by their names without the prefix. */
export type DomainAnnotations = v.InferOutput<typeof annotationsSchema>;

/** Parses the annotations `io.runx.*`; throws RunxError if runx.toml does not allow one of them. */
export const parseAnnotations = (
  annotations: Readonly<Record<string, string>>,
  allowed: readonly string[],
): DomainAnnotations => {
  const names = Object.keys(annotations).filter((name) => name.startsWith(prefix));
  for (const name of names) {
    if (!annotationNames.some((known) => known === name)) {
      throw new RunxError(
        `annotation ${name} is not supported: the annotations of runx are ${annotationNames.join(', ')}`,
      );
    }
    if (!allowed.includes(name)) {
      throw new RunxError(`annotation ${name} is not allowed: add it to annotations in runx.toml`);
    }
  }
  const values = Object.fromEntries(
    names.map((name) => [name.slice(prefix.length), annotations[name]]),
  );
  const result = v.safeParse(annotationsSchema, values);
  if (result.success) return result.output;
  throw new RunxError(`annotation ${prefix}${describeIssue(result.issues[0])}`);
};
