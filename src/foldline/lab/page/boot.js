// A page of the lab: hand in the token, find out which page this is, and render it.
import {entered, socketModel} from "./core/socket.js";

const facts = JSON.parse(document.getElementById("facts").textContent);
const [{render}] = await Promise.all([import(`./pages/${facts.slug}.js`), entered()]);
render({model: socketModel(facts), el: document.getElementById("page")});
