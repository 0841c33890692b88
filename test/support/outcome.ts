/** What a client can work with while an engine is slow or away: an answer, or a time to come back. */
export function expectAnswer(answer: Response): void {
  expect([200, 503]).toContain(answer.status);
  if (answer.status === 503) expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
}
