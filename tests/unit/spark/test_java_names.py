"""The names of Java that are kept: packages, classes and methods, never the value of a field."""

from py4j.java_gateway import GatewayProperty, JavaClass, JavaMember, JavaPackage, JVMView

from eds_spark_imaging.spark.java_names import remember_names


class Client:
    gateway_property = GatewayProperty(None, None)
    converters = None

    def __init__(self):
        self.asked = []

    def send_command(self, command):
        self.asked.append(command)
        if command.startswith("r\nu\n"):
            return "ycjava.lang.Math" if "Math" in command else "yp"
        return "ym" if "\nabs\n" in command else "yi3"


def _view(client):
    view = JVMView(client, "view", id="j0")
    remember_names(view)
    return view


def test_a_class_and_its_method_are_asked_for_once():
    client = Client()
    view = _view(client)
    first = view.Math
    assert isinstance(first, JavaClass)
    assert view.Math is first
    assert len(client.asked) == 1
    method = first.abs
    assert isinstance(method, JavaMember)
    assert first.abs is method
    assert len(client.asked) == 2


def test_a_class_of_a_package_is_asked_for_once():
    client = Client()
    view = _view(client)
    first = view.java.lang.Math
    assert isinstance(first, JavaClass)
    assert isinstance(view.java, JavaPackage)
    assert view.java.lang.Math is first
    assert [command.split("\n")[2] for command in client.asked] == ["java", "java.lang", "java.lang.Math"]


def test_a_field_is_asked_for_each_time():
    client = Client()
    value = [_view(client).Math.counter for _ in range(2)]
    assert value == [3, 3]
    assert sum("counter" in command for command in client.asked) == 2
