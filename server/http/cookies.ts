/** `__Host-` (secure, this host only, whole site) on https; browsers refuse that name on plain http. */
export function cookieName(kind: 'access' | 'refresh', secure: boolean): string {
  return `${secure ? '__Host-' : ''}leadfloor-${kind}`;
}

/** The value of one cookie of a Cookie header. */
export function cookieOf(cookieHeader: string | undefined, name: string): string | null {
  if (cookieHeader === undefined) return null;
  for (const part of cookieHeader.split(';')) {
    const at = part.indexOf('=');
    if (at > 0 && part.slice(0, at).trim() === name) return part.slice(at + 1).trim();
  }
  return null;
}

/** The access token a browser's Cookie header carries, secure name first. */
export function tokenOfCookie(cookieHeader: string | undefined): string | null {
  return cookieOf(cookieHeader, cookieName('access', true)) ?? cookieOf(cookieHeader, cookieName('access', false));
}

/** A Set-Cookie value; scripts cannot read it and other sites cannot send it. `maxAge` in seconds, 0 takes it away. */
export function setCookie(kind: 'access' | 'refresh', value: string, maxAge: number, secure: boolean): string {
  return `${cookieName(kind, secure)}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${maxAge}${secure ? '; Secure' : ''}`;
}
