import { Base } from "./base";

export interface Shape<T> {
  area(): number;
  name: string;
}

export type Pair = [number, number];

export enum Color { Red, Green }

declare module "things" {
  export function external(x: number): void;
}

namespace Geometry {
  export const origin: Pair = [0, 0];
  export function distance(a: Pair, b: Pair): number { return 0; }
}

/** A square. */
@Component({ selector: "square" })
export class Square extends Base implements Shape<number> {
  private side: number = 1;
  constructor(private readonly id: string) { super(); }
  @Input() name = "square";
  area(): number { return this.side ** 2; }
  static of<T>(side: T): Square { return new Square("a"); }
}

export abstract class Figure {
  abstract draw(): void;
}

export const scale = <T,>(x: T): T => x;
function overloaded(x: string): string;
function overloaded(x: any): any { return x; }
