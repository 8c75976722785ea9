// API keys: `tpk_<live|test>_<160 random bits>_<CRC-32>`, in base 62. Whether there is such a key, the server says.

const FORM = /^(tpk_(?:live|test)_[0-9A-Za-z]{27})_([0-9A-Za-z]{6})$/;
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** Whether it has the form of a key, and its checksum is right. */
export function isApiKey(text: string): boolean {
  const [, body, checksum] = FORM.exec(text) ?? [];
  return body !== undefined && checksum === base62(crc32(body));
}

/** CRC-32 as in zip (IEEE 802.3), of ASCII text. */
function crc32(text: string): number {
  let crc = 0xffffffff;
  for (const sign of text) {
    crc ^= sign.charCodeAt(0);
    for (let bit = 0; bit < 8; bit += 1) {
      crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    }
  }
  return (crc ^ 0xffffffff) >>> 0;
}

function base62(number: number): string {
  let text = '';
  for (let rest = number, place = 0; place < 6; place += 1) {
    text = `${DIGITS[rest % 62]}${text}`;
    rest = Math.floor(rest / 62);
  }
  return text;
}
