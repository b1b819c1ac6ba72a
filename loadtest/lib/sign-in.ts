import http from 'k6/http';

/** Signs in and answers the access token. */
export function signIn(url: string, email: string, password: string): string {
  const answer = http.post(`${url}/api/sessions`, JSON.stringify({ email, password }), { headers: { 'content-type': 'application/json' } });
  const token = answer.json('accessToken');
  if (answer.status !== 201 || typeof token !== 'string') throw new Error(`${email} could not sign in: ${answer.status} ${answer.body}`);
  return token;
}

/** Headers of a request by the holder of a token. */
export function as(token: string, more: Record<string, string> = {}): { headers: Record<string, string> } {
  return { headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...more } };
}
