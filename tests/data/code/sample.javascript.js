import fs from "fs";
const LIMIT = 10;

/** Adds. */
export function add(a, b) {
  return a + b;
}

export default class Cart extends Base {
  #items = [];
  static count = 0;
  constructor() { super(); }
  get total() { return 1; }
  async save(path) { await fs.write(path); }
  handle = (event) => { this.save(event); };
}

const twice = (x) => 2 * x;
export const thrice = function (x) { return 3 * x; };
let state = { open: true };

exports.half = function (x) { return x / 2; };
module.exports = { add, twice };
Cart.prototype.clear = function () { this.items = []; };
window.onload = () => { add(1, 2); };

const api = {
  get(url) { return url; },
  post: async (url) => url,
  retries: 3,
};

function* walk() { yield 1; }

describe("cart", () => {
  it("adds", () => {});
});
