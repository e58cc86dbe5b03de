// The door. The key stands after the # of the link, which no browser sends anywhere; it is posted once, here.
import { startLanguage, t } from "/idioma.js";

const problem = document.getElementById("problem");

async function enter(token) {
  problem.textContent = "";
  let answer;
  try {
    answer = await fetch("/entrar", {
      method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ token }),
    });
  } catch {
    problem.textContent = t("door.silent");
    return;
  }
  if (answer.ok) location.replace("/");
  else problem.textContent = t("door.wrong");
}

startLanguage();
document.getElementById("form").addEventListener("submit", (event) => {
  event.preventDefault();
  enter(document.getElementById("token").value);
});
const carried = decodeURIComponent(location.hash.slice(1));
if (carried) {
  // The key leaves the address bar and the history before anything else happens.
  history.replaceState(null, "", "/entrar");
  enter(carried);
}
