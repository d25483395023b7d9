import {common} from "../strings.js";
export const render = () => {};
