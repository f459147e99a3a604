// Lists of people as files, for tests of imports: CSV text, and workbooks made by hand, since no
// library is needed for a zip that is only stored.

import { crc32 } from "node:zlib";

/** The check character of a resident number (GB 11643): weights 2^(18-i) mod 11. */
export function residentNumber(n, area = "659001") {
  const body = `${area}1980${String(1 + (Math.floor(n / 28_000) % 12)).padStart(2, "0")}${String(1 + (Math.floor(n / 1_000) % 28)).padStart(2, "0")}${String(n % 1_000).padStart(3, "0")}`;
  let sum = 0;
  for (const [at, digit] of [...body].entries()) sum += Number(digit) * (2 ** (17 - at) % 11);
  return body + "10X98765432"[sum % 11];
}

/** The header of a list as a community office writes it. */
export const HEADER = ["序号", "姓名", "身份证号", "手机号", "地址编码", "门牌号", "备注"];

/** A row of such a list. */
export function person(n, place, name = `居民${"甲乙丙丁戊己庚辛壬癸"[n % 10]}`) {
  return [String(n), name, residentNumber(n), `138${String(n).padStart(8, "0")}`, place, String(100 + Math.floor(n / 3)), ""];
}

/** Rows as CSV. */
export function csv(rows) {
  const cell = (text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return Buffer.from(`\ufeff${rows.map((row) => row.map(cell).join(",")).join("\r\n")}\r\n`);
}

/** Rows as a workbook with one sheet; every cell is a text. */
export function xlsx(rows, sheet = "名册") {
  const escape = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  const letter = (n) => (n < 26 ? String.fromCharCode(65 + n) : letter(Math.floor(n / 26) - 1) + letter(n % 26));
  const lines = rows.map((row, r) => {
    const cells = row.map((text, c) => `<c r="${letter(c)}${r + 1}" t="inlineStr"><is><t>${escape(text)}</t></is></c>`);
    return `<row r="${r + 1}">${cells.join("")}</row>`;
  });
  const main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
  const office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
  const packages = "http://schemas.openxmlformats.org/package/2006";
  const types = "application/vnd.openxmlformats-officedocument.spreadsheetml";
  const head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
  return zip({
    "[Content_Types].xml": `${head}<Types xmlns="${packages}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="${types}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="${types}.worksheet+xml"/></Types>`,
    "_rels/.rels": `${head}<Relationships xmlns="${packages}/relationships"><Relationship Id="rId1" Type="${office}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
    "xl/workbook.xml": `${head}<workbook xmlns="${main}" xmlns:r="${office}"><sheets><sheet name="${escape(sheet)}" sheetId="1" r:id="rId1"/></sheets></workbook>`,
    "xl/_rels/workbook.xml.rels": `${head}<Relationships xmlns="${packages}/relationships"><Relationship Id="rId1" Type="${office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
    "xl/worksheets/sheet1.xml": `${head}<worksheet xmlns="${main}"><sheetData>${lines.join("")}</sheetData></worksheet>`,
  });
}

/** Files in a zip, stored as they are. */
function zip(files) {
  const parts = [];
  const directory = [];
  let at = 0;
  for (const [name, text] of Object.entries(files)) {
    const [path, data] = [Buffer.from(name), Buffer.from(text)];
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(0x0800, 2); // Names in UTF-8.
    common.writeUInt16LE(0x21, 8); // 1980-01-01.
    common.writeUInt32LE(crc32(data), 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(data.length, 18);
    common.writeUInt16LE(path.length, 22);
    const local = Buffer.concat([Buffer.from("PK\x03\x04", "latin1"), common, path, data]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(at, 10);
    directory.push(Buffer.concat([Buffer.from("PK\x01\x02\x14\x00", "latin1"), common, tail, path]));
    parts.push(local);
    at += local.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", "latin1");
  end.writeUInt16LE(directory.length, 8);
  end.writeUInt16LE(directory.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, central, end]);
}
