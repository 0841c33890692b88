type Condition = Record<string, unknown>;

/**
 * A filter of rows that meet all of these conditions. The fields stand beside each other while each has one
 * condition: an `$and` around them makes the stand-in database read more rows
 * (docs/decisions/stand-in-database.md).
 */
export function allOf(...conditions: (object | false | null | undefined)[]): Condition {
  const merged: Condition = {};
  const more: Condition[] = [];
  for (const condition of conditions.filter((each) => each) as Condition[])
    for (const [field, value] of Object.entries(condition)) {
      if (!(field in merged)) merged[field] = value;
      else more.push({ [field]: value });
    }
  if (more.length === 0) return merged;
  const { $and, ...others } = merged;
  return { ...others, $and: [...(($and as Condition[] | undefined) ?? []), ...more] };
}
