/** A value for listeners that are made once and want it as it is now. */
export class Latest<Value> {
  private value: Value;

  constructor(value: Value) {
    this.value = value;
  }

  get = (): Value => this.value;
  set = (value: Value): void => void (this.value = value);
}
