/**
 * One click for those who only want to look.
 */

const form = document.getElementById("login");

for (const button of document.querySelectorAll(".accounts button")) {
	button.addEventListener("click", () => {
		form.elements.username.value = button.dataset.name;
		form.elements.password.value = document.getElementById("demo-password").textContent;
		form.requestSubmit();
	});
}
