/** Where the page begins. */
import { render } from "preact";
import "./styles/base.css";
import "./styles/panels.css";
import "./styles/bar.css";
import "./styles/results.css";
import "./styles/cards.css";
import "./styles/detail.css";
import "./styles/map.css";
import "./styles/phone.css";
import { fromAddress } from "./state/going";
import { readFacts, watch } from "./state/watching";
import { App } from "./view/App";
import { beginTheme } from "./view/theme";

beginTheme();
const root = document.getElementById("page");
if (root) render(<App />, root);
watch();
window.addEventListener("popstate", () => void fromAddress());
void readFacts();
void fromAddress();
